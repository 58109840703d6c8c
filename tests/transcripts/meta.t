# The meta commands come later. Until then they are unknown, never half understood.

== meta commands are unknown
> mn
@ours < ERROR
@stock < MN
! not built yet
> mg a v
@ours < ERROR
@stock < EN
! not built yet
> md a
@ours < ERROR
@stock < NF
! not built yet
