# ma. Source: memcached doc/protocol.txt, "Meta Arithmetic"; measured.

== counting up and down
> ma a
< NF
> ms a 2
> 10
< HD
> ma a
< HD
> ma a v
< VA 2
< 12
> ma a D8 v
< VA 2
< 20
> ma a MD v
< VA 2
< 19
> ma a M- D9 v
< VA 2
< 10
> ma a MI v
< VA 2
< 11
> ma a M+ D89 v
< VA 3
< 100
> ma a M- D200 v
< VA 1
< 0
> mg a v
< VA 3
< 0\s\s

== up wraps, down stops
> ms a 20
> 18446744073709551615
< HD
> ma a v
< VA 1
< 0
> ma a MD v
< VA 1
< 0
> ma a D18446744073709551615 v
< VA 20
< 18446744073709551615

== what comes back, in the order of the request
> ms a 1 T205
> 5
< HD
> ma a O1 k c t v
< VA 1 O1 ka c{n=cas} t20{n}
< 6
> mg a c
< HD c{cas}
> ma a t k c O
< HD t20{n} ka c{n} O
> ma b k O1
< NF kb O1

== N creates what is missing, and J says with which number
> ma a N205 v t
< VA 1 t20{n}
< 0
> ma a N905 J13 v t
< VA 1 t20{n}
< 1
> ma b N0 J13 D5 MD v t k O1 c
< VA 2 t-1 kb O1 c{n=cas}
< 13
> mg b v c f
< VA 2 c{cas} f0
< 13
> ma c J13
< NF
> ma d N-1
< HD
> mg d
< EN
> ma e N0 J18446744073709551615 v
< VA 20
< 18446744073709551615
> ma f N0 C5 v
< VA 1
< 0

== T sets the TTL of what is counted, where it stands
> ms a 1 T205
> 5
< HD
> ma a t T405
< HD t20{n}
> ma a T605 t
< HD t60{n}
> ma a T0 t
< HD t-1
> ma a T205
< HD
> ma a C1 T905
< EX
> mg a t
< HD t20{n}
> ma b N205 T405 t
< HD t40{n}
> ma c T405 N205 t
< HD t20{n}
> mg c t
< HD t20{n}

== T holds for a number that grows longer
> ms a 1 T205 F7
> 9
< HD
> ma a T405 v
< VA 2
< 10
> mg a t f
@ours < HD t40{n} f7
@stock < HD t20{n} f7
! memcached sets it on the item it has replaced

== with an id only that one, and 0 is any
> ms a 1 c
> 5
< HD c{n=cas}
> ma a C1 k v
< EX ka
> ma a C{cas} v c
< VA 1 c{n}
< 6
> ma a C{cas} q
< EX
> ma a C0 v
< VA 1
< 7
> ma b C5
< NF

== E gives the id
@ours > ma a N0 E100 c
@ours < HD c100
@ours > ma a E50 c
@ours < HD c50
@ours > ma a D100 E60 C50 c v
@ours < VA 3 c60
@ours < 101
@ours > mg a c
@ours < HD c60
! memcached 1.6.18 does not know E

== q hides HD and values and nothing else
> ms a 1
> 5
< HD
> ma a q
> ma a q v k O1
> ma a q C1 O2
< EX O2
> ma b q k
< NF kb
> ms c 1
> x
< HD
> ma c q
< CLIENT_ERROR cannot increment or decrement non-numeric value
> ma a v
< VA 1
< 8

== q does not hide that the item was created
> ma a q N0
< HD
> ma b q v N0 J5 k O9
< VA 1 kb O9
< 5
> ma a q N0
> ma b q v N0 J5 k O9
> mg b v
< VA 1
< 6

== what cannot be a number is that whatever its CAS id
> ms e 0
>
< HD
> ma e C1
< CLIENT_ERROR cannot increment or decrement non-numeric value
> ms t 1
> x
< HD
> ma t C1
< EX

== what is no number is not counted
> ms a 1
> x
< HD
> ma a v k
< CLIENT_ERROR cannot increment or decrement non-numeric value
> ma a N0
< CLIENT_ERROR cannot increment or decrement non-numeric value
> ms a 3
>  +7
< HD
> ma a v
< VA 1
< 8

== the classic commands count the same numbers
> ma a N0 J5
< HD
> incr a 5
< 10
> ma a v
< VA 2
< 11
> get a
< VALUE a 0 2
< 11
< END

== a number that is created has no end before the flag that sets it
> ma a t N205 v
< VA 1 t-1
< 0
> mg a t
< HD t20{n}
