import SealaneControl
import Testing

struct ControlPathTests {
    private let check = ControlRoute.check.path

    @Test func `the client's target is the path with what it names, escaped`() {
        #expect(ControlRoute.status.path.target() == "/v1/status")
        #expect(check.target(name: "b") == "/v1/peers/b/check")
        #expect(
            check.target(name: "a b/c?", query: ["source": "fd78::2"])
                == "/v1/peers/a%20b%2Fc%3F/check?source=fd78%3A%3A2")
    }

    @Test func `a path matches its own target and no other`() {
        #expect(check.match("/v1/peers/b/check") == .named("b"))
        #expect(check.match("/v1/peers/a%20b/check") == .named("a b"))
        #expect(ControlRoute.status.path.match("/v1/status") == .plain)
        for other in ["", "/", "/v1", "/v1/peers/b", "/v1/peers/b/check/", "/v1/peers/b/checks", "v1/peers/b/check"] {
            #expect(check.match(other[...]) == nil, "\(other)")
        }
        #expect(ControlRoute.peer.path.match("/v1/peers/b") == .named("b"))
        #expect(ControlRoute.peer.path.match("/v1/peers/b/check") == nil)
    }

    @Test func `no two routes are one request`() {
        let requests = [
            "\(ControlRoute.status.method) \(ControlRoute.status.path)",
            "\(ControlRoute.peers.method) \(ControlRoute.peers.path)",
            "\(ControlRoute.addPeer.method) \(ControlRoute.addPeer.path)",
            "\(ControlRoute.peer.method) \(ControlRoute.peer.path)",
            "\(ControlRoute.removePeer.method) \(ControlRoute.removePeer.path)",
            "\(ControlRoute.check.method) \(ControlRoute.check.path)",
            "\(ControlRoute.reload.method) \(ControlRoute.reload.path)",
        ]
        #expect(Set(requests).count == requests.count)
    }
}
