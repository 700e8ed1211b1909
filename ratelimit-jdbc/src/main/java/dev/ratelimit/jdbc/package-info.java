/**
 * Quotas that outlive the process and are the same on every machine, in a relational database.
 *
 * <pre>
 *   JdbcQuotas ──► Worker ── Session ──► QuotaTables ──► the database
 *       │            │                       │  ▲
 *       ▼            ▼                       ▼  └ PostgreSqlTables
 *   TakeBatch   DatabaseFailure           Dialect
 * </pre>
 *
 * <p>{@code JdbcQuotas} is the store. A {@code Worker} does its work on threads of its own, each with a connection that
 * it borrows for one piece of work, the {@code Session}. {@code QuotaTables} has the statements, in transactions that
 * any database can do; {@code PostgreSqlTables} does the frequent ones in one statement. A {@code Dialect} is what a
 * database says in its own way. A {@code CounterRow} is a counter as the tables have it.
 */
@NullMarked
package dev.ratelimit.jdbc;

import org.jspecify.annotations.NullMarked;
