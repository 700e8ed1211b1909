/**
 * Tiers from a file of YAML or JSON: {@link dev.ratelimit.config.TierFile}.
 *
 * <pre>
 *   TierFile ──► YamlText ──node──► TierReader ──► Fields     (a mapping: its keys, each known and stated once)
 *      │            └───────┬──────────┴─────────────┘
 *      │                    └──► Findings                     (all that is wrong, with its place)
 *      ├──► TierWriter
 *      └──► WatchedTierFile
 * </pre>
 */
@NullMarked
package dev.ratelimit.config;

import org.jspecify.annotations.NullMarked;
