-- Percentages of the windows that are reset at a time or later.
select roots.path, s.kind, s.resets_ms, s.used, s.first_ms, s.last_ms
from limit_samples as s
join roots on roots.id = s.root_id
where s.resets_ms >= ?
order by s.kind, s.resets_ms, s.first_ms
