# md. Source: memcached doc/protocol.txt, "Meta Delete"; measured.

== deleting, and what comes back
> md a
< NF
> ms a 1
> x
< HD
> md a
< HD
> mg a
< EN
> md a k O1
< NF ka O1
> ms a 1
> x
< HD
> md a O1 k
< HD O1 ka

== with an id only that one
> ms a 1 c
> x
< HD c{n=cas}
> md a C1 k
< EX ka
> md a C0
< EX
> mg a v
< VA 1
< x
> md a C{cas} O
< HD O
> md a C{cas}
< NF

== q hides HD and nothing else
> ms a 1
> x
< HD
> md a q C1 O2
< EX O2
> md a q O2 k
> md a q k
< NF ka
> ms a 1
> x
< HD
> md a I q
> mg a
< HD X W

== I keeps the item but for its id
> ms a 1 F7 T205 c
> x
< HD c{n=cas}
> md a I C1
< EX
> md a I C{cas} k O1
< HD ka O1
> md a I C{cas}
< EX
> mg a v f t
< VA 1 f7 t20{n} X W
< x
> md b I
< NF

== I with T sets the TTL
> ms a 1 T905
> x
< HD
> md a I T205
< HD
> mg a v t
< VA 1 t20{n} X W
< x
> md a I T0
< HD
> mg a t
< HD t-1 X W
> md a I T-1
< HD
> mg a
< EN

== T without I means nothing
> ms a 1
> x
< HD
> md a T30
< HD
> mg a
< EN

== E gives the id to what is marked
@ours > ms a 1
@ours > x
@ours < HD
@ours > md a I E5
@ours < HD
@ours > mg a c
@ours < HD c5 X W
@ours > md a I C5 E3
@ours < HD
@ours > mg a c
@ours < HD c3 X W
! memcached 1.6.18 does not know E

== x leaves an item without value, flags and TTL, with its id
@ours > ms a 1 F7 T205 c
@ours > x
@ours < HD c{n=cas}
@ours > md a x k O1
@ours < HD ka O1
@ours > mg a v f t c
@ours < VA 0 f0 t-1 c{cas}
@ours <
@ours > md a x F5 T205
@ours < HD
@ours > mg a s f t c
@ours < HD s0 f5 t20{n} c{cas}
@ours > md a x E9 C{cas}
@ours < HD
@ours > mg a s f t c
@ours < HD s0 f0 t-1 c9
@ours > md a x C8
@ours < EX
@ours > md b x
@ours < NF
@ours > md a x q
! memcached 1.6.18 does not know x

== x and I together
@ours > ms a 1 c
@ours > x
@ours < HD c{n=cas}
@ours > md a x I T205
@ours < HD
@ours > md a x I C{cas}
@ours < EX
@ours > mg a v t
@ours < VA 0 t20{n} X W
@ours <
@ours > mg a
@ours < HD Z X
! memcached 1.6.18 does not know x
