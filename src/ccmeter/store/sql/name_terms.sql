-- The id of the terms, new or known: the empty update makes returning see both. A second bit of
-- aborted says that no lifetime was told for a write: few terms need it, and none of the old ones.
insert into terms (
    model_id, requested_model, speed, geo, service_tier, effort, cache_requested,
    stop_reason, miss_reason, aborted
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ? + 2 * ?)
on conflict (
    model_id, requested_model, speed, geo, service_tier, effort, cache_requested,
    stop_reason, miss_reason, aborted
) do update set aborted = aborted
returning id
