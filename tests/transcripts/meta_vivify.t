# mg and ms with N, R and I: clients share the work of storing a new value. Source: memcached
# doc/protocol.txt, "Meta Get" and "Stale"; measured.

== the first to miss creates and wins, the next ones are told that somebody did
> mg a N105 v t
< VA 0 t10{n} W
<
> mg a N105 v t
< VA 0 t10{n} Z
<
> mg a N305 t
< HD t10{n} Z
> mg a s
< HD s0 Z
> get a
< VALUE a 0 0
<
< END
> ms a 1
> x
< HD
> mg a N105 v
< VA 1
< x
> mg a t
< HD t-1

== what is told of an item just created
> mg a N205 s f c t l h k O1
< HD s0 f0 c{n=cas} t20{n} l{n} h0 ka O1 W
> mg a c h
< HD c{cas} h1 Z
> mg b t N205
< HD t-1 W
> mg b t
< HD t20{n} Z

== creating without reading
> mg a N105 u h
< HD h0 W
> mg a h
< HD h0 Z
> mg a h
< HD h1 Z

== of N and T the later one decides
> mg a N105 T305 t
< HD t30{n} W
> mg a t
< HD t30{n} Z
> mg b T305 N105 t
< HD t10{n} W
> mg b t
< HD t10{n} Z
> mg c N105 t T305
< HD t10{n} W

== C and q have no say in creating
> mg a N105 C5 v
< VA 0 W
<
> mg b N105 q k
< HD kb W

== an item created for ever
> mg a N0 t
< HD t-1 W

== an item created too late
> mg a N-1
< HD W
> mg a
< EN

== R asks one client for a new value when fewer seconds than that remain
> ms a 1 T105
> x
< HD
> mg a R30 v
< VA 1
< x
> mg a R200 v
< VA 1 W
< x
> mg a R200 v
< VA 1 Z
< x
> mg a
< HD Z
> ms a 1 T105
> y
< HD
> mg a R30
< HD

== R and items without an end
> ms a 1
> x
< HD
> mg a R1000000
< HD
> mg a T105 R200
< HD W
> ms a 1 T105
> x
< HD
> mg a R200 T0 t
< HD t-1 W

== R looks at the TTL there is where it stands
> ms a 1 T105
> x
< HD
> mg a T305 R200
< HD
> ms a 1 T105
> x
< HD
> mg a R200 T305
< HD W

== R and N together
> mg a R30 N105
< HD W
> mg a R30 N105
< HD Z

== a stale item asks one client, and tells all that it is stale
> ms a 2 T105
> ab
< HD
> md a I
< HD
> mg a v
< VA 2 X W
< ab
> mg a v
< VA 2 Z X
< ab
> mg a v k O1 t
< VA 2 ka O1 t10{n} Z X
< ab
> get a
< VALUE a 0 2
< ab
< END
> ms a 1
> n
< HD
> mg a v
< VA 1
< n

== marking stale again lets another client win
> ms a 1
> x
< HD
> md a I
< HD
> mg a
< HD X W
> md a I
< HD
> mg a
< HD X W
> mg a
< HD Z X

== touching keeps the marks, storing does not
> mg a N105
< HD W
> touch a 0
< TOUCHED
> mg a
< HD Z
> mg a T305
< HD Z
> append a 0 0 1
> x
< STORED
> mg a
< HD
> md a I
< HD
> gat 0 a
< VALUE a 0 1
< x
< END
> mg a
< HD X W
> replace a 0 0 1
> y
< STORED
> mg a
< HD

== who won stores with the id it got, and an older id stores a stale value if it may
> ms a 3 T305 c
> one
< HD c{n=old}
> md a I
< HD
> mg a c v
< VA 3 c{n=new} X W
< one
> ms a 3 C{old} c
> two
< EX c0
> ms a 3 C{old} I c T105
> two
< HD c{n=stale}
> mg a v c t
< VA 3 c{stale} t30{n} Z X
< two
> ms a 5 C{stale} I
> three
< HD
> mg a v t
< VA 5 t-1
< three

== an id above the item's is never good
> ms a 1 c
> x
< HD c{n=cas}
> ms a 1 C99{cas} I c
> y
< EX c0
> ms a 1 C0 I
> y
< EX
> mg a v c
< VA 1 c{cas}
< x

== I without C means nothing to ms
> ms a 1
> x
< HD
> ms a 1 I
> y
< HD
> mg a v
< VA 1
< y
