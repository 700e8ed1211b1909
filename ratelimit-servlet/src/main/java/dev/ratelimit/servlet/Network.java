package dev.ratelimit.servlet;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names of networks that limits are for. */
final class Network {

    /** A text of which {@link InetAddress} makes an address without a look-up of names. */
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:][0-9a-fA-F.]*:[0-9a-fA-F:.]*");

    private static final int GROUPS = 4;

    private Network() {}

    /** Returns the network of an address: the first 64 bits of IPv6, any other text as it is. */
    static String of(@Nullable String address) {
        if (address == null) {
            return "";
        }
        String plain = address.replaceAll("^\\[|[\\]%].*$", "");
        if (!IPV6.matcher(plain).matches()) {
            return address;
        }
        try {
            InetAddress parsed = InetAddress.getByName(plain);
            return parsed instanceof Inet6Address ? firstHalf(parsed.getAddress()) : parsed.getHostAddress();
        } catch (UnknownHostException e) {
            return address;
        }
    }

    private static String firstHalf(byte[] bytes) {
        StringBuilder network = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            int group = (bytes[2 * i] & 0xFF) << 8 | (bytes[2 * i + 1] & 0xFF);
            network.append(Integer.toHexString(group)).append(':');
        }
        return network.append(":/64").toString();
    }
}
