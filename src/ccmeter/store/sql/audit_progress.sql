-- How far the responses have been judged, and whether anything changed behind that.
select
    basis, last_id, pruned_ms,
    (select ifnull(max(id), 0) from responses) as newest_id,
    exists (select 1 from audit_stale) or exists (select 1 from audit_changed) as is_stale
from audit_progress
