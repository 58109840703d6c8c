# -C: no CAS ids. Source: mcrsd.md 2.3.
args: -C
# Without ids 1.6.18 cannot tell what came after a flush_all in the same second.
keeps items

== ids are 0 and never match
> set a 0 0 1
> x
< STORED
> gets a
< VALUE a 0 1 0
< x
< END
> cas a 0 0 1 0
> y
< EXISTS
> cas a 0 0 1 1
> y
< EXISTS
> cas b 0 0 1 1
> y
< NOT_FOUND
> get a
< VALUE a 0 1
< x
< END
