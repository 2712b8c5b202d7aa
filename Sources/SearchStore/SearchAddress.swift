import Foundation
import ViewStores

/// Where a server is and who asks: `http[s]://[user:password@]host[:port]`.
struct SearchAddress: Hashable {
    /// `http://host:port`, without a slash at its end.
    var base: String
    /// The header's value. A secret; never printed.
    var authorization: String?

    /// - Throws: `unavailable`, in words that leave out what the URL holds.
    init(_ url: String) throws(StoreError) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty, parts.query == nil,
            parts.path.isEmpty || parts.path == "/"
        else {
            throw StoreError(
                .unavailable,
                "the URL of the OpenSearch store cannot be read",
                hint: "write http://user:password@host:9200; % and @ in a password are %25 and %40"
            )
        }
        base = "\(scheme)://\(host):\(parts.port ?? (scheme == "https" ? 443 : 9200))"
        if let user = parts.user {
            authorization = "Basic " + Data("\(user):\(parts.password ?? "")".utf8).base64EncodedString()
        }
    }
}
