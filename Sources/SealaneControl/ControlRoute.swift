import SealaneFleet

/// One endpoint of the control API, which answers with a `Report`. The client builds its request from it, and the
/// agent's router finds the handler by it, so that a path is written down once.
package struct ControlRoute<Report>: Sendable {
    package let method: ControlMethod
    package let path: ControlPath
    /// The query parameters that the endpoint understands.
    package let parameters: [String]
    /// The HTTP status of success.
    package let status: Int

    package init(_ method: ControlMethod, _ path: String, parameters: [String] = [], status: Int = 200) {
        self.method = method
        self.path = ControlPath(path)
        self.parameters = parameters
        self.status = status
    }
}

extension ControlRoute where Report == StatusReport {
    package static var status: Self { Self(.get, "/v1/status") }
}

extension ControlRoute where Report == PeerListReport {
    package static var peers: Self { Self(.get, "/v1/peers") }
}

extension ControlRoute where Report == PeerReport {
    package static var peer: Self { Self(.get, "/v1/peers/{name}") }
    /// The body is a `PeerRecord`.
    package static var addPeer: Self { Self(.post, "/v1/peers", status: 201) }
}

extension ControlRoute where Report == CheckReport {
    /// `source` is an overlay address.
    package static var check: Self { Self(.get, "/v1/peers/{name}/check", parameters: ["source"]) }
}

extension ControlRoute where Report == RemovalReport {
    package static var removePeer: Self { Self(.delete, "/v1/peers/{name}") }
}

extension ControlRoute where Report == ReloadReport {
    package static var reload: Self { Self(.post, "/v1/reload") }
}
