-- The money in all tellers.
CREATE MATERIALIZED VIEW total_tellers AS
SELECT count(*) AS rows, sum(tbalance) AS balance
FROM pgbench_tellers;
