/** The what-if tool: runs a traffic trace through a tier and says who is throttled. */
module dev.ratelimit.replay {
    requires com.fasterxml.jackson.core;
    requires de.siegmar.fastcsv;
    requires dev.ratelimit.config;
    requires dev.ratelimit.core;
    requires info.picocli;
    requires java.desktop;
    requires me.tongfei.progressbar;
    requires org.apache.commons.compress;
    requires xchart;
    requires static org.jspecify;

    exports dev.ratelimit.replay;

    opens dev.ratelimit.replay to
            info.picocli;
}
