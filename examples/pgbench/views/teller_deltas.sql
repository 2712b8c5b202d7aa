-- What the history says about each teller.
CREATE MATERIALIZED VIEW teller_deltas AS
SELECT tid, count(*) AS transactions, sum(delta) AS delta
FROM pgbench_history
GROUP BY tid;
