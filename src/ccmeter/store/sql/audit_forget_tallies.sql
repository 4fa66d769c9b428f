-- Sums that do not hold any more: of the open requests, from 0 on of all.
delete from audit_tallies where open >= ? and session_id = ? and agent_id = ?
