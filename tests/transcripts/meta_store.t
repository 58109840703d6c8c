# ms. Source: memcached doc/protocol.txt, "Meta Set"; measured.

== storing and what comes back, in the order of the request
> ms a 2
> ab
< HD
> ms a 2 k O7 c
> cd
< HD ka O7 c{n=cas}
> mg a v c
< VA 2 c{cas}
< cd
> ms a 2 c O7 k
> cd
< HD c{n} O7 ka
> get a
< VALUE a 0 2
< cd
< END

== the size comes back too
@ours > ms a 2 s
@ours > ab
@ours < HD s2
@ours > ms a 3 MA k s c
@ours > cde
@ours < HD ka s5 c{n}
@ours > ms a 1 MP s
@ours > z
@ours < HD s6
@ours > ms a 9 ME s c
@ours > 123456789
@ours < NS s9 c0
@ours > ms a 2 C1 c s
@ours > ab
@ours < EX c0 s2
! memcached 1.6.18 does not know s on ms

== flags and TTL
> ms a 1 F4294967295 T205
> x
< HD
> mg a f t
< HD f4294967295 t20{n}
> ms a 1
> x
< HD
> mg a f t
< HD f0 t-1

== the modes
> ms a 2 MR
> ab
< NS
> ms a 2 MA
> ab
< NS
> ms a 2 MP
> ab
< NS
> ms a 2 ME
> ab
< HD
> ms a 2 ME
> cd
< NS
> ms a 2 MA
> cd
< HD
> ms a 2 MP
> zy
< HD
> mg a v
< VA 6
< zyabcd
> ms a 2 MR
> ef
< HD
> ms a 2 MS
> gh
< HD
> mg a v
< VA 2
< gh

== modes are capital letters, of which only the first counts
> ms a 2 Ms
> ab
< CLIENT_ERROR invalid mode for ms M token
> ms a 2 MX
> ab
< CLIENT_ERROR invalid mode for ms M token
> ms a 2 M
> ab
@ours < CLIENT_ERROR invalid mode for ms M token
@stock < CLIENT_ERROR incorrect length for M token
! 1.6.45 looks at one character
> ms a 2 MEverything
> ab
@ours < HD
@stock < CLIENT_ERROR incorrect length for M token
! the same

== append and prepend keep flags and TTL
> ms a 1 F5 T205
> x
< HD
> ms a 1 MA F9 T905
> y
< HD
> ms a 1 MP F9 T905
> w
< HD
> mg a v f t
< VA 3 f5 t20{n}
< wxy

== append and prepend create with N what is missing
@ours > ms a 1 MA N205 F5 T905 c
@ours > x
@ours < HD c{n}
@ours > mg a v f t
@ours < VA 1 f5 t20{n}
@ours < x
@ours > ms a 1 MA N905 F9
@ours > y
@ours < HD
@ours > ms b 1 MP N0
@ours > x
@ours < HD
@ours > mg a v f t
@ours < VA 2 f5 t20{n}
@ours < xy
@ours > ms c 1 N205
@ours > x
@ours < HD
@ours > mg c t
@ours < HD t-1
! memcached 1.6.18 ignores N on ms

== compare and store
> ms a 1 C5 c
> x
< NF c0
> ms a 1 C5 MR
> x
< NF
> ms a 1 c
> x
< HD c{n=one}
> ms a 1 C{one} c
> y
< HD c{n=two}
> ms a 1 C{one} c k O1
> z
< EX c0 ka O1
> ms a 1 C{two} MR c
> z
< HD c{n=three}
> ms a 1 C{two} MR
> q
< EX
> ms a 1 C0
> q
< EX
> mg a v c
< VA 1 c{three}
< z

== append and prepend compare too, add does not
> ms a 1 c
> x
< HD c{n=one}
> ms a 1 MA C{one} c
> y
< HD c{n=two}
> ms a 1 MA C{one} c
> z
< EX c0
> ms a 1 MP C{one}
> z
< EX
> ms a 1 MP C{two}
> w
< HD
> ms a 1 MA C0
> z
< HD
> mg a v
< VA 4
< wxyz
> ms b 1 MA C5
> x
< NS
> ms b 1 ME C5
> x
< HD
> ms b 1 ME C5
> x
< NS

== E gives the id
@ours > ms a 1 E100 c
@ours > x
@ours < HD c100
@ours > mg a c
@ours < HD c100
@ours > ms a 1 MA E50 c C100
@ours > y
@ours < HD c50
@ours > ms a 1 ME E7 c
@ours > z
@ours < NS c0
@ours > ms a 1 C50 E18446744073709551615 c
@ours > z
@ours < HD c18446744073709551615
@ours > ms b 1 c
@ours > x
@ours < HD c{n=later}
@ours > ms c 1 c
@ours > x
@ours < HD c{n}
@ours > mg b c
@ours < HD c{later}
! memcached 1.6.18 does not know E

== q hides HD and nothing else
> ms a 1 q
> x
> ms a 1 q k O1 c
> y
> ms a 1 q ME k O1
> z
< NS ka O1
> ms a 1 q C1
> z
< EX
> ms b 1 q C1 O5
> z
< NF O5
> mn
< MN
> mg a v
< VA 1
< y

== any bytes, no bytes, and many
> ms a 8
> a\r\nb\0\nEN
< HD
> mg a v
< VA 8
< a\r\nb\0\nEN
> ms a 0 k
>
< HD ka
> ms b 500000 k O1
> {x*500000}
< HD kb O1
> mg b s
< HD s500000

== a block with another end than announced is refused, and what is behind it is a command
> ms a 1
> x
< HD
> ms a 2 q k O1
>| abc\r\n
< CLIENT_ERROR bad data chunk
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 says so of lines that short
> ms a 2
>| ab\nmg a v\r\n
< CLIENT_ERROR bad data chunk
# The two bytes behind the block are swallowed, whatever they are.
< ERROR
> mg a v
< VA 1
< x

== a line may end in LF, a block may not
>| ms a 1\nx\r\n
< HD
>| mg a v\n
< VA 1
< x
