"""The style sheet of the report: the page's type on white, and A4 for print."""

STYLE = """
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:400 13px/18px var(--font);font-variant-numeric:tabular-nums}
main{max-width:1040px;margin:24px auto;padding:24px 32px;background:var(--surface);border:1px solid var(--line)}
h1{margin:0 0 4px;font:700 22px/28px var(--font);overflow-wrap:anywhere}
h2{margin:24px 0 4px;padding-top:10px;border-top:2px solid var(--text);font:700 16px/22px var(--font);break-after:avoid}
h3{margin:0;font:600 13px/18px var(--font)}
p{margin:2px 0}
code{font-family:var(--mono);font-size:12px;overflow-wrap:anywhere}
.chip{display:inline-block;padding:1px 8px;border:1px solid var(--line-2);border-radius:99px;color:var(--text-2);
font:400 12px/16px var(--font);overflow-wrap:anywhere}
.muted,.unit{color:var(--text-3)}
.grow,details,.segments,.field,.button,.kbd,kbd{display:none}
section{margin:10px 0}
.drawing,tr{break-inside:avoid}
.part-head{break-after:avoid;break-inside:avoid;display:flex;flex-wrap:wrap;gap:4px 12px;
align-items:baseline;padding:6px 0}
.drawing svg{display:block;width:100%;height:auto;margin:0 auto}
.drawing.maps svg{max-height:420px}
.together{break-inside:avoid}
.tab-line{break-after:avoid}
.answer,.in-two,.in-three{display:flex;gap:8px 24px;align-items:flex-start;break-inside:avoid}
.answer>*,.in-two>*,.in-three>*{flex:1 1 0;min-width:0}
.answer>:first-child{flex-grow:1.6}
td.n,tbody th{white-space:nowrap}
.compare-regions td,.definition *{white-space:normal}
.in-two .drawing svg{max-height:300px}
.tab-columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:8px 20px}
.tab-columns.tables{grid-template-columns:1fr}
table{width:100%;border-collapse:collapse;font-size:12px}
th,td{padding:3px 8px 3px 0;border-bottom:1px solid var(--line);text-align:left;font-weight:400;vertical-align:top}
thead th{border-bottom:1px solid var(--line-2);color:var(--text-3);font-size:11px}
tbody th{color:var(--text-2)}
thead{display:table-header-group}
.n{text-align:right}
.term{all:unset}
.foot{display:inline-block;width:16px;
border:1px solid;border-radius:3px;text-align:center;font-weight:600;font-size:11px}
[data-side="left"]{color:var(--left)}
[data-side="right"]{color:var(--right)}
.strip-track{display:none}
.cut>*{color:var(--text-3)}
.definitions{columns:2;column-gap:28px}
.jump-tiles{display:grid;grid-template-columns:repeat(5,1fr);gap:6px 16px;margin:8px 0;break-inside:avoid}
.jump-show,.jump-limits{display:none}
.jump-number{font:700 20px/26px var(--font)}
.jump-pair{display:inline-block;margin-right:8px;white-space:nowrap}
.tab-columns.jump-columns{grid-template-columns:1.5fr 1fr}
.jump-columns p.pad{font-size:11px}
.definition{break-inside:avoid;margin:0 0 10px;font-size:11px;line-height:15px}
.definition>*{display:block;margin:0}
.halves{display:grid;grid-template-columns:1fr 1fr;gap:8px 20px;margin:10px 0}
.half{display:flex;gap:10px;align-items:flex-start}
.letter{flex:none;width:26px;height:26px;border:2px solid var(--text);border-radius:6px;text-align:center;
font:700 13px/22px var(--font)}
.letter[data-which="b"]{border-style:dashed}
.warning,.tab-warning{color:var(--warn)}
.warning::before{content:"\\25B3  "}
.compare-maps{display:flex;gap:8px;align-items:flex-start}
.compare-maps figure{min-width:0;margin:0}
.compare-maps figcaption{text-align:center}
.compare-maps figure[data-page="d"],.compare-why{padding-left:8px;border-left:1px solid var(--line)}
.compare-why{flex:220 1 0;align-self:center;padding:20px}
.compare-regions{max-width:420px}
.compare-regions td svg,.table-area td svg{display:block;margin-left:auto}
.compare-curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:8px 20px;max-width:760px}
.compare-legend{display:inline-flex;gap:6px;align-items:center}
.compare-legend span{width:22px;border-top:2px solid var(--text)}
.compare-legend .dashed{margin-left:8px;border-top-style:dashed}
.change-answer{display:flex;flex-wrap:wrap;gap:4px 24px;margin:10px 0}
.change-answer>div{display:grid}
.change-answer b{font-size:16px;line-height:22px}
.change-flag,.change-legend{display:inline-flex;gap:4px 6px;align-items:center;white-space:nowrap}
.change-legend{flex-wrap:wrap;gap:4px 14px;margin:6px 0}
.made{margin-top:18px}
.change-higher{display:inline-flex;gap:6px;align-items:center}
.swatch{width:10px;height:10px;background:var(--difference-b)}
.swatch.of-a{background:var(--difference-a)}
.effect-head{display:inline-flex;justify-content:space-between;width:120px}
@page{size:A4;margin:14mm 12mm}
@media screen and (max-width:700px){.halves{grid-template-columns:1fr}.compare-maps{flex-wrap:wrap}
.compare-maps>*{flex-basis:100%!important}}
@media screen and (max-width:700px){.in-two,.in-three{display:block}}
@media screen and (max-width:900px){.answer{display:block}.jump-tiles{grid-template-columns:1fr 1fr}
.tab-columns.jump-columns{grid-template-columns:1fr}}
@media (max-width:700px){main{margin:0;padding:16px;border:0}.definitions{columns:1}.table-area{overflow-x:auto}}
@media print{.no-print{display:none}}
@media print{.definitions{columns:4;column-gap:16px}.definition{font-size:9px;line-height:12px;margin-bottom:6px}
.definition code{font-size:9px}
th,td{padding:2px 6px 2px 0;font-size:11px;line-height:14px}
thead th{font-size:10px;line-height:13px;overflow-wrap:normal}
h2{margin-top:16px;padding-top:6px}section{margin:6px 0}.part-head{padding:3px 0}
.table-area[aria-label="Steps"]{columns:2;column-gap:28px}
tbody tr:nth-last-child(-n+2){break-before:avoid}
.drawing.maps svg{max-height:330px}.in-two .drawing svg{max-height:240px}
.tab-columns .drawing svg{max-height:220px}
body{background:none;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;margin:0;padding:0;border:0}
.compare-maps .drawing svg{max-height:190px}
.table-area{overflow:visible}.compare-curves{max-width:520px;grid-template-columns:1fr 1fr}}
"""
