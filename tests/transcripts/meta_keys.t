# Keys in base64. Source: memcached doc/protocol.txt, "Meta Get"; measured.

== what is stored under a key in base64 is known by its bytes
> ms YWJj b 1
< CLIENT_ERROR bad command line format
> ms YWJj 1 b
> x
< HD
> mg YWJj b v
< VA 1
< x
> get abc
< VALUE abc 0 1
< x
< END
> mg abc v
< VA 1
< x
> mg YWJj
< EN

== the key comes back in base64, marked, wherever it was asked for
> ms YWJj 1 O1 k b c
> x
< HD O1 kYWJj b c{n}
> mg YWJj b k O2 s
< HD kYWJj b O2 s1
> mg YWJk k b O2
< EN kYWJk b O2
> ma YWJk b O2 k
< NF O2 kYWJk b
> md YWJk b O2 k
< NF O2 kYWJk b
> ms YWJk 1 b k MR
> x
< NS kYWJk b
> md YWJj k O3 b
< HD kYWJj b O3

== hits of mg give it in the form it was stored in
> ms YWJj 1 b
> x
< HD
> mg abc k O1
< HD kYWJj b O1
> ms abc 1
> x
< HD
> mg YWJj k O1 b
< HD kabc O1
> set abc 0 0 1
> x
< STORED
> mg YWJj b k
< HD kabc

== the form lasts as long as the item
> ms YWJj 1 b
> 9
< HD
> incr abc 1
< 10
> mg abc k v
@ours < VA 2 kYWJj b
@stock < VA 2 kabc
! memcached forgets it when the number grows
< 10
> append abc 0 0 1
> 0
< STORED
> mg abc k v
@ours < VA 3 kYWJj b
@stock < VA 3 kabc
! and when something is appended
< 100
> touch abc 0
< TOUCHED
> md abc I
< HD
> mg abc k
@ours < HD kYWJj b X W
@stock < HD kabc X W
! the same

== items created under such a key remember it too
> mg YWJj b N30 k
@ours < HD kYWJj b W
@stock < HD kabc W
! memcached forgets it
> mg YWJj b k
@ours < HD kYWJj b Z
@stock < HD kabc Z
! the same
> ma YWJk b N0 k
< HD kYWJk b
> mg abd k
@ours < HD kYWJk b
@stock < HD kabd
! the same
@ours > ms YWJl 1 b MA N0 k
@ours > x
@ours < HD kYWJl b
@ours > md YWJl b x
@ours < HD
@ours > mg abe k
@ours < HD kYWJl b
! memcached 1.6.18 knows neither N on ms nor x

== a key of any bytes
> ms AAoNIP8= 1 b k
> x
< HD kAAoNIP8= b
> mg AAoNIP8= b v k
< VA 1 kAAoNIP8= b
< x
> md AAoNIP8= b
< HD

== bits left over in the last character do not count
> ms YR== 1 b k
> x
< HD kYQ== b
> mg a v k
< VA 1 kYQ== b
< x

== what is no base64 is refused, and the data with it
> mg YWJ b
< CLIENT_ERROR error decoding key
> mg YWJj= b
< CLIENT_ERROR error decoding key
> mg -_-_ b k
< CLIENT_ERROR error decoding key
> ms YWJ 2 b
> ab
< CLIENT_ERROR error decoding key
> md YWJ b q
@ours < CLIENT_ERROR error decoding key
@stock < CLIENT_ERROR invalid or duplicate flag
! in 1.6.18 md tells no difference
> ma YWJ b
< CLIENT_ERROR invalid or duplicate flag

== the longest
> ms {YWJj*62} 1 b
> x
< HD
> mg {abc*62} k
< HD k{YWJj*62} b
> mg {YWJj*63} b
< CLIENT_ERROR bad command line format
