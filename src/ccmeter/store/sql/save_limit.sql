-- A percentage of a window: the earliest and the latest sight of it.
insert into limit_samples (root_id, kind, resets_ms, used, first_ms, last_ms)
values (?, ?, ?, ?, ?, ?)
on conflict (root_id, kind, resets_ms, used) do update set
    first_ms = min(first_ms, excluded.first_ms),
    last_ms = max(last_ms, excluded.last_ms)
