# Meta lines that are no requests. Source: mcrsd.md 3.1; measured.

== a key is needed
> mg
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 answers CLIENT_ERROR to too few words
> ms
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same
> md
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same
> ma
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same
> md {k*251}
< CLIENT_ERROR bad command line format
> ma {k*251} q
< CLIENT_ERROR bad command line format

== without a good length the data is not swallowed
> ms a
< CLIENT_ERROR bad command line format
> ms a x
< CLIENT_ERROR bad command line format
> mn
< MN
> ms a -1
< CLIENT_ERROR bad command line format
> mn
< MN
> ms a 2147483646
< CLIENT_ERROR bad command line format
> mn
< MN
> ms a T30 2
< CLIENT_ERROR bad command line format
> mn
< MN

== with one it is, and the answer comes behind it
@ours > ms {k*251} 2
@ours > mn
@ours < CLIENT_ERROR bad command line format
! 1.6.18 does not swallow it
> ms a 2 F
> mn
< CLIENT_ERROR bad command line format
> ms a 2 q z
> mn
< CLIENT_ERROR invalid flag
> ms a 2 k k
> mn
< CLIENT_ERROR duplicate flag
> ms a 2 TT
> mn
< CLIENT_ERROR bad token in command line format
> ms a 2 O{x*32}
> mn
< CLIENT_ERROR opaque token too long
> mg a
< EN

== flags are letters that are known, once each
> mg a k k
< CLIENT_ERROR duplicate flag
> mg a O1 v O2
< CLIENT_ERROR duplicate flag
> mg a z
< CLIENT_ERROR invalid flag
> mg a noreply
< CLIENT_ERROR invalid flag
> mg a 5
< CLIENT_ERROR invalid flag
> mg a _
< CLIENT_ERROR invalid flag
@ours > mg a \{
@ours < CLIENT_ERROR bad command line format
@ours > mg a k \x01
@ours < CLIENT_ERROR bad command line format
@ours > mg a k =
@ours < CLIENT_ERROR bad command line format
! 1.6.18 calls only some of them bad
> md a k k
@ours < CLIENT_ERROR duplicate flag
@stock < CLIENT_ERROR invalid or duplicate flag
! in 1.6.18 md tells no difference
> md a z q
@ours < CLIENT_ERROR invalid flag
@stock < CLIENT_ERROR invalid or duplicate flag
! the same

== ma tells no difference
> ma a k k
< CLIENT_ERROR invalid or duplicate flag
> ma a z
< CLIENT_ERROR invalid or duplicate flag
> ma a Dx
< CLIENT_ERROR invalid or duplicate flag
> ma a J
< CLIENT_ERROR invalid or duplicate flag
> ma a Nx
< CLIENT_ERROR invalid or duplicate flag
> ma a MX
< CLIENT_ERROR invalid mode for ma M token
> ma a M
@ours < CLIENT_ERROR invalid mode for ma M token
@stock < CLIENT_ERROR invalid or duplicate flag
! 1.6.45 looks at one character
> ma a O{x*32}
< CLIENT_ERROR opaque token too long

== numbers are digits
> mg a T
< CLIENT_ERROR bad token in command line format
> mg a N1x
< CLIENT_ERROR bad token in command line format
> mg a R
< CLIENT_ERROR bad token in command line format
> mg a T2147483648
@ours < CLIENT_ERROR bad token in command line format
@stock < EN
! 1.6.45 keeps to 32 bits
> mg a C
< CLIENT_ERROR bad token in command line format
> mg a C18446744073709551616
< CLIENT_ERROR bad token in command line format
> mg a C-1
< CLIENT_ERROR bad token in command line format
> mg a J
< CLIENT_ERROR invalid numeric initial value
> mg a Dx
< CLIENT_ERROR invalid numeric delta value
> mg a T+5
@ours < CLIENT_ERROR bad token in command line format
@stock < EN
! 1.6.45 takes digits only
> ms a 2 F4294967296
> mn
@ours < CLIENT_ERROR bad command line format
@stock < HD
! 1.6.45 refuses client flags of more than 32 bits

== so many words and no more
> mg a b k O1 q v s f c t l h u P L I T1
< CLIENT_ERROR error decoding key
@ours > mg YQ== b k O1 q v s f c t l h u P L I T1 R1 J1
@ours > mn
@ours < MN
@ours > mg YQ== b k O1 q v s f c t l h u P L I T1 R1 J1 D1
@ours < CLIENT_ERROR options flags are too long
! 1.6.18 takes one word less
> mg a k k k k k k k k k k k k k k k k k k k k
< CLIENT_ERROR options flags are too long
@ours > ms a 2 k k k k k k k k k k k k k k k k k k k k
@ours > mn
@ours < CLIENT_ERROR options flags are too long
! 1.6.18 says it in other words and does not swallow the data

== meta commands are two small letters
> MG a
< ERROR
> mx a
< ERROR
> mgx a
< ERROR
> mg\ta
< ERROR
