-- Under a reused id, the row that is kept stands for what was repeated.
update or replace copies set key_hash = ? where key_hash = ?
