"""Names that people may give, and that some program on the way may take for something else than a name."""

NAMES = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "＝1+1", "=cmd|' -C calc'!A0",  # formulas of a spreadsheet
    '"><script>alert(1)<', "a' onload='b", "&lt;b&gt;", "{{7*7}}", "${7*7}", "javascript:alert(1)",  # markup
    'a"; filename="b.exe', "a; b", "a, b", "%0d%0aSet-Cookie: a=b", "ü – 日本",  # headers
    "$where", "a.b", "a:b", "a%3Ab", "a*", "a[b]", "..a", "a\\b", "con",  # keys and paths
    "%s %n {0}", "a=b workout=c",  # lines of a log
)  # fmt: skip
NO_NAMES = (
    ".",
    "..",
    "",
    " ",
    " a",
    "a ",
    "a/b",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "a\0b",
    "a\x1b[2Jb",
    "a\u2028b",
    "a\u202eb",
)
