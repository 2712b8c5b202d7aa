-- Each teller beside its history: tbalance = delta in every row, always. Reads another view.
CREATE MATERIALIZED VIEW history_by_teller AS
SELECT t.tid, t.bid, t.tbalance, coalesce(d.transactions, 0) AS transactions, coalesce(d.delta, 0) AS delta
FROM pgbench_tellers t
LEFT JOIN teller_deltas d ON d.tid = t.tid;
