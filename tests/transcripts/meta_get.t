# mg: reading. Source: memcached doc/protocol.txt, "Meta Get"; measured. TTLs are chosen so that a
# second more or less does not change the digits given here.

== a miss, and hits with and without the value
> mg a
< EN
> mg a v s f t
< EN
> set a 5 0 2
> ab
< STORED
> mg a
< HD
> mg a v
< VA 2
< ab
> mg  a   v
< VA 2
< ab
> mg a s f v
< VA 2 s2 f5
< ab

== all that can be told, in the order of the request
> ms a 3 T205 F7
> abc
< HD
> mg a s f c t l h k Oxyz v
< VA 3 s3 f7 c{n=cas} t20{n} l{n} h0 ka Oxyz
< abc
> mg a Oxyz h v k t c f s
< VA 3 Oxyz h1 ka t20{n} c{cas} f7 s3
< abc

== an opaque may be empty, or long, and comes back with a miss too, as the key does
> mg a O k
< EN O ka
> mg a k O0123456789012345678901234567890
< EN ka O0123456789012345678901234567890
> mg a O01234567890123456789012345678901
< CLIENT_ERROR opaque token too long

== an empty value is a value
> ms a 0
>
< HD
> mg a v s
< VA 0 s0
<

== values of any bytes and any size
> ms a 9
> a\r\nEN\r\nVA
< HD
> mg a v
< VA 9
< a\r\nEN\r\nVA
> ms b 300000
> {0123456789*30000}
< HD
> mg b v s k
< VA 300000 s300000 kb
< {0123456789*30000}
> mg b s
< HD s300000

== fetched before tells whether any other read came first, and u is no read
> set a 0 0 1
> x
< STORED
> mg a h u
< HD h0
> mg a u h
< HD h0
> mg a h
< HD h0
> mg a h
< HD h1
> set a 0 0 1
> y
< STORED
> get a
< VALUE a 0 1
< y
< END
> mg a h
< HD h1

== an item without an end has -1 seconds left
> ms a 1
> x
< HD
> mg a t
< HD t-1
> ms a 1 T0
> x
< HD
> mg a t
< HD t-1
> ms a 1 T-1
> x
< HD
> mg a t
< EN

== T sets the TTL where it stands
> ms a 1 T105
> x
< HD
> mg a t T305
< HD t10{n}
> mg a t
< HD t30{n}
> mg a T0 t
< HD t-1
> mg a T505 t v
< VA 1 t50{n}
< x
> mg a T-1
< HD
> mg a
< EN
> mg b T30
< EN

== a TTL that is over leaves nothing
> ms a 1
> x
< HD
> mg a T-1 t
@ours < HD t0
@stock < HD t{n}
! memcached prints the difference without its sign
> mg a t
< EN

== a Unix time of long ago is over, one of the far future is not
> ms a 1 T2592001
> x
< HD
> mg a
< EN
> ms a 1 T2147483647
> x
< HD
> mg a v
< VA 1
< x

== C is the id the client has: the value is left out if it is that one
> ms a 1 c
> x
< HD c{n=cas}
> mg a v C1 c
< VA 1 c{cas}
< x
@ours > mg a v C{cas} c s k
@ours < HD c{cas} s1 ka
@ours > mg a v T105 C{cas} t
@ours < HD t10{n}
@ours > mg a C{cas}
@ours < HD
@ours > mg b v C{cas}
@ours < EN
! memcached 1.6.18 ignores C on mg

== q hides a miss and nothing else
> set a 0 0 1
> x
< STORED
> mg b q
> mg b q O1 k v
> mg a q
< HD
> mg a q v k O5
< VA 1 ka O5
< x
> mg b v q
> mn
< MN

== many hits and misses in one go
> set a 0 0 1
> x
< STORED
>| mg a v\r\nmg b v\r\nmg b v q\r\nmg a k q\r\nget a\r\nmn\r\nmg a s\r\n
< VA 1
< x
< EN
< HD ka
< VALUE a 0 1
< x
< END
< MN
< HD s1

== flags that mean nothing to a command are ignored
> set a 0 0 1
> x
< STORED
> mg a P L MS F3 J5 D9 I v
< VA 1
< x
> mg a Lroute Pproxy/path v
< VA 1
< x

== keys are as long as a token, and any bytes but blanks
> ms {k*250} 1
> x
< HD
> mg {k*250} k
< HD k{k*250}
> mg {k*251} k
< CLIENT_ERROR bad command line format
> mg noreply
< EN
> mg a\tb\xff k
< EN ka\tb\xff
@ours > mg a\0b k
@ours < EN ka\0b
! 1.6.18 reads meta lines up to a NUL
