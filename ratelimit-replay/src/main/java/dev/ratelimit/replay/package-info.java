/**
 * The what-if tool: runs a traffic trace through a tier in the trace's own time, and says what would have been refused,
 * whose, by which limit. It is a program, not an API; see {@link dev.ratelimit.replay.Main}.
 *
 * <pre>
 *   CsvTrace, JsonLinesTrace ─values─► RowBuilder ─Row─► LookAhead ─in order─► Replay ─Decision─┐
 *                                          │ bad rows                                          ├─► Summary, report
 *                                          ▼                                                   ├─► DecisionLog (CSV)
 *                                       BadRows                                                └─► Timeline, chart
 * </pre>
 */
@NullMarked
package dev.ratelimit.replay;

import org.jspecify.annotations.NullMarked;
