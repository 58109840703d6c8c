# slabs. Source: mcrsd.md 2.8.

== words that are no sub-command, and too few
> slabs
< ERROR
> slabs nonsense
< ERROR
> slabs automove
< ERROR

== reassign takes two numbers
> slabs reassign
< ERROR
> slabs reassign 1
< ERROR
> slabs reassign 1 2 3
< ERROR
> slabs reassign a b
< CLIENT_ERROR bad command line format
> slabs reassign 1 b
< CLIENT_ERROR bad command line format

== reassign names classes that exist, and differ
> slabs reassign 1 1
< SAME src and dst class are identical
> slabs reassign -1 -1
< SAME src and dst class are identical
> slabs reassign 0 0
< SAME src and dst class are identical
> slabs reassign 64 1
< BADCLASS invalid src or dst class id
> slabs reassign 1 64
< BADCLASS invalid src or dst class id
> slabs reassign -2 1
< BADCLASS invalid src or dst class id
> slabs reassign 1 -1
< BADCLASS invalid src or dst class id

== reassign leaves a class its last page
> slabs reassign 1 2
< NOSPARE source class has no spare pages
> set a 0 0 1
> x
< STORED
> slabs reassign 1 2
< NOSPARE source class has no spare pages
> slabs reassign 1 0
< NOSPARE source class has no spare pages
> slabs reassign 0 1
< NOSPARE source class has no spare pages
> slabs reassign -1 1
< BADCLASS invalid src or dst class id

== reassign with noreply is a word too many, and silent
> slabs reassign 1 1 noreply
@stock < ERROR
! 1.6.45 answers nothing

== automove has three modes
> slabs automove 0
< OK
> slabs automove 2
< OK
> slabs automove 1
< OK
> slabs automove 1 surplus
< OK
> slabs automove 3
< ERROR
> slabs automove x
< CLIENT_ERROR bad command line format
> slabs automove -1
< CLIENT_ERROR bad command line format

== its ratio
> slabs automove ratio 0.5
< OK
> slabs automove ratio x
< ERROR
> slabs automove ratio
< ERROR

== its share of free memory and its window are new
@ours > slabs automove freeratio 0.01
@ours < OK
@ours > slabs automove freeratio x
@ours < ERROR
@ours > slabs automove window 3
@ours < OK
@ours > slabs automove window 1800
@ours < OK
@ours > slabs automove window 2
@ours < CLIENT_ERROR automove window too low or too high
@ours > slabs automove window 1801
@ours < CLIENT_ERROR automove window too low or too high
@ours > slabs automove window x
@ours < CLIENT_ERROR bad command line format
! 1.6.18 knows neither

== noreply silences
> slabs automove 1 noreply
> slabs automove x noreply
> slabs automove ratio 0.8 noreply
