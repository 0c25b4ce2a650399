#!/bin/bash
# Does mongod answer `hello` within 4 s? By bash alone: mongosh takes a fifth of a core when it is asked every five
# seconds. The bytes are an OP_MSG with {hello: 1, $db: "admin"}; the answer's first four are its length.
exec 3<> "/dev/tcp/127.0.0.1/${1:-27017}" || exit 1
printf '\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0' >&3
IFS= LC_ALL=C read -r -d '' -t 4 -n 1 -u 3 first || [ "$first" ]
