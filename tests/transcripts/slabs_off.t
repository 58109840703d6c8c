# slabs when pages must not move. Source: mcrsd.md 2.8.
args: -o no_slab_reassign

== reassign is refused
> slabs reassign
< ERROR
> slabs reassign 1
< ERROR
> slabs reassign 1 2
< CLIENT_ERROR slab reassignment disabled

== automove can be set
> slabs automove 1
< OK
