# -F and -X. Source: mcrsd.md 1.2.
args: -F -X -W
keeps items

== flush_all is refused but counted
> set a 0 0 1
> x
< STORED
> flush_all
< CLIENT_ERROR flush_all not allowed
> flush_all noreply
> get a
< VALUE a 0 1
< x
< END

== dumping is refused
> stats cachedump 1 1
< CLIENT_ERROR stats cachedump not allowed

== watching is refused
> watch
< CLIENT_ERROR watch commands not allowed
