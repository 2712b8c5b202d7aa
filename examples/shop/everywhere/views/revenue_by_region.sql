-- What each region has bought, as a table in the shop's own database: join it with whatever is there.
CREATE MATERIALIZED VIEW revenue_by_region WITH (store = 'pg', index = 'revenue DESC') AS
SELECT c.region,
       count(*) AS orders,
       sum(CASE WHEN o.status = 'cancelled' THEN 0 ELSE o.qty * o.price END) AS revenue
FROM orders o
JOIN customers c ON c.id = o.customer_id
GROUP BY c.region;
