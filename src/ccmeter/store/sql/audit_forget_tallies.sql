-- Sums that do not hold any more: of the requests that are open, or of those that are not.
delete from audit_tallies where open = ? and session_id = ? and agent_id = ?
