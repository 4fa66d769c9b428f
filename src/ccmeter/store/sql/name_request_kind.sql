-- The id of the request kind, new or known: the empty update makes returning see both.
insert into request_kinds (
    query_source, shape, model, effort, params, ttls
)
values (?, ?, ?, ?, ?, ?)
on conflict (
    shape, params, effort, model, query_source, ttls
) do update set ttls = ttls
returning id
