-- What each region has bought; cancelled orders do not count as revenue.
CREATE MATERIALIZED VIEW revenue_by_region AS
SELECT c.region,
       count(*) AS orders,
       sum(CASE WHEN o.status = 'cancelled' THEN 0 ELSE o.qty * o.price END) AS revenue
FROM orders o
JOIN customers c ON c.id = o.customer_id
GROUP BY c.region;
