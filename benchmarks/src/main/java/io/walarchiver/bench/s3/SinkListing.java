package io.walarchiver.bench.s3;

import io.walarchiver.bench.s3.SinkObjects.Stored;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeSet;

/** The answer to ListObjectsV2. */
final class SinkListing {

    private static final int MAX_KEYS = 1000;

    private SinkListing() {}

    static String page(NavigableMap<String, Stored> objects, Map<String, String> query) {
        String prefix = query.getOrDefault("prefix", "");
        String delimiter = query.getOrDefault("delimiter", "");
        String after = query.getOrDefault("continuation-token", query.getOrDefault("start-after", ""));
        int limit = Math.min(MAX_KEYS, Integer.parseInt(query.getOrDefault("max-keys", "" + MAX_KEYS)));
        StringBuilder contents = new StringBuilder();
        TreeSet<String> prefixes = new TreeSet<>();
        int count = 0;
        String last = "";
        boolean truncated = false;
        String from = after.compareTo(prefix) > 0 ? after : prefix;
        for (Map.Entry<String, Stored> entry : objects.tailMap(from, true).entrySet()) {
            String key = entry.getKey();
            if (!key.startsWith(prefix)) {
                break;
            }
            int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
            String group = end < 0 ? "" : key.substring(0, end + delimiter.length());
            boolean seen = key.equals(after) || !group.isEmpty() && (prefixes.contains(group) || group.equals(after));
            if (!seen) {
                if (count == limit) {
                    truncated = true;
                    break;
                }
                count++;
                last = group.isEmpty() ? key : group;
                if (group.isEmpty()) {
                    contents.append("<Contents><Key>")
                            .append(escape(key))
                            .append("</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>")
                            .append(escape(entry.getValue().etag()))
                            .append("</ETag><Size>")
                            .append(entry.getValue().content().length())
                            .append("</Size><StorageClass>STANDARD</StorageClass></Contents>");
                } else {
                    prefixes.add(group);
                }
            }
        }
        StringBuilder page = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                        + "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Prefix>")
                .append(escape(prefix))
                .append("</Prefix><KeyCount>")
                .append(count)
                .append("</KeyCount><MaxKeys>")
                .append(limit)
                .append("</MaxKeys><IsTruncated>")
                .append(truncated)
                .append("</IsTruncated>");
        if (truncated) {
            page.append("<NextContinuationToken>").append(escape(last)).append("</NextContinuationToken>");
        }
        page.append(contents);
        for (String group : prefixes) {
            page.append("<CommonPrefixes><Prefix>").append(escape(group)).append("</Prefix></CommonPrefixes>");
        }
        return page.append("</ListBucketResult>").toString();
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}
