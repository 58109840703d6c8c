# The meta commands without CAS ids. Source: measured.
args: -C
# Without ids 1.6.18 cannot tell what came after a flush_all in the same second.
keeps items

== ids are 0, none compares
> ms a 1 c
> x
< HD c0
> mg a c v
< VA 1 c0
< x
> ms a 1 C5
> y
< EX
> ms a 1 C0
> y
< EX
> md a C5
< EX
> ma a C5
< EX
> md a I
< HD
> mg a c
< HD c0 X W

== what does not compare works
> ma b N0 c v
< VA 1 c0
< 0
> ma b v
< VA 1
< 1
> me b
< ME b exp=-1 la={n} cas=0 fetch=no cls={n} size={n}
