# me and mn. Source: memcached doc/protocol.txt, "Meta Debug"; measured.

== me tells what is known of an item without reading it
> me a
< EN
> ms a 5 c
> hello
< HD c{n=cas}
> me a
< ME a exp=-1 la={n} cas={cas} fetch=no cls={n} size={n}
> me a
< ME a exp=-1 la={n} cas={cas} fetch=no cls={n} size={n}
> mg a h
< HD h0
> me a
< ME a exp=-1 la={n} cas={cas} fetch=yes cls={n} size={n}

== me tells the seconds left
> ms a 1 T205
> x
< HD
> me a
@ours < ME a exp=20{n} la={n} cas={n} fetch=no cls={n} size={n}
@stock < ME a exp=-20{n} la={n} cas={n} fetch=no cls={n} size={n}
! memcached 1.6.18 counts them from the other end

== me and keys in base64
> ms YWJj 1 b
> x
< HD
> me YWJj b x
< ME YWJj exp=-1 la={n} cas={n} fetch=no cls={n} size={n}
@ours > me YWJj b
@ours < ME YWJj exp=-1 la={n} cas={n} fetch=no cls={n} size={n}
@ours > me abd
@ours < EN
@ours > me YWJk b
@ours < EN
! memcached 1.6.18 wants another word behind b
> me abc
< ME YWJj exp=-1 la={n} cas={n} fetch=no cls={n} size={n}
> ms abc 1
> x
< HD
@ours > me YWJj b
@ours < ME YWJj exp=-1 la={n} cas={n} fetch=no cls={n} size={n}
! the same
> me abc
< ME abc exp=-1 la={n} cas={n} fetch=no cls={n} size={n}

== me minds no other words
> me a k q O1 zzz
< EN
> me
< CLIENT_ERROR bad command line format
> me {k*251}
< CLIENT_ERROR bad command line format

== mn answers when everything before it is done
> mn
< MN
> mn x
< MN
>| mg a q\r\nms a 1 q\r\nx\r\nmg a v\r\nmn\r\n
< VA 1
< x
< MN
>| mn\n
@ours < CLIENT_ERROR bad command line format
@stock < MN
! 1.6.45 looks at no line shorter than four bytes
