-- Between which responses a session lies: what has to be looked through for all of it.
select first_ms, last_ms from sessions where session = ? and first_ms is not null
