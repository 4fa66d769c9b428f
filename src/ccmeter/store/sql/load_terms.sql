-- All terms: a few hundred rows, whatever the history. What aborted holds: see name_terms.sql.
select
    t.id, m.model, nullif(t.requested_model, ''), nullif(t.speed, ''), nullif(t.geo, ''),
    nullif(t.service_tier, ''), nullif(t.effort, ''), nullif(t.cache_requested, ''),
    nullif(t.stop_reason, ''), nullif(t.miss_reason, ''), t.aborted & 1, t.aborted >> 1
from terms as t
join models as m on m.id = t.model_id
