/**
 * The what-if tool: runs a traffic trace through a tier in the trace's own time, and says what would have been refused,
 * whose, by which limit. It is a program, not an API; see {@link dev.ratelimit.replay.Main}.
 *
 * <pre>
 *   CsvTrace, JsonLinesTrace ──values──► RowBuilder ──Row──► LookAhead ──in order──► Replay ──Decision──► Summary ──► report
 *                                            │ bad rows                                              ├──► DecisionLog (CSV)
 *                                            ▼                                                       └──► Timeline ──► chart
 *                                         BadRows
 * </pre>
 */
@NullMarked
package dev.ratelimit.replay;

import org.jspecify.annotations.NullMarked;
