-- What requests of a kind have in common.
select shape, params, effort, ttls from request_kinds where id = ?
