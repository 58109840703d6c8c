# -B ascii. Source: mcrsd.md 1.4.
args: -B ascii

== 0x80 is a byte like others
>| \x80\x00\r\n
< ERROR
