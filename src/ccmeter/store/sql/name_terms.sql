-- The id of the terms, new or known: the empty update makes returning see both.
insert into terms (
    model_id, requested_model, speed, geo, service_tier, effort, cache_requested,
    stop_reason, miss_reason, aborted
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (
    model_id, requested_model, speed, geo, service_tier, effort, cache_requested,
    stop_reason, miss_reason, aborted
) do update set aborted = aborted
returning id
