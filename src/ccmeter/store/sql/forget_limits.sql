-- Drop the stale ones: a percentage that was first seen when a higher one had been seen already.
delete from limit_samples
where resets_ms >= ? and exists (
    select 1 from limit_samples as higher
    where higher.root_id = limit_samples.root_id
        and higher.kind = limit_samples.kind
        and higher.resets_ms = limit_samples.resets_ms
        and higher.used > limit_samples.used
        and higher.first_ms <= limit_samples.first_ms
)
