import FoundationEssentials
import SealaneControl
import SealaneFleet
import SealanePacket

/// One row of the control API: a route, and what the agent does for it.
struct ControlEndpoint: Sendable {
    /// Every endpoint.
    static let all: [ControlEndpoint] = [
        ControlEndpoint(.metrics) { agent, _ async throws(ControlError) in try await agent.metrics() },
        ControlEndpoint(.status) { agent, _ async throws(ControlError) in try await agent.status() },
        ControlEndpoint(.peers) { agent, _ async throws(ControlError) in try await agent.peers() },
        ControlEndpoint(.addPeer) { agent, call async throws(ControlError) in try await agent.add(call.peer) },
        ControlEndpoint(.peer) { agent, call async throws(ControlError) in try await agent.peer(named: call.name) },
        ControlEndpoint(.removePeer) { agent, call async throws(ControlError) in
            try await agent.removePeer(named: call.name)
        },
        ControlEndpoint(.check) { agent, call async throws(ControlError) in
            try await agent.check(peer: call.name, source: call.address("source"))
        },
        ControlEndpoint(.reload) { agent, _ async throws(ControlError) in try await agent.reload() },
    ]

    typealias Body<Report> = @Sendable (any ControlHandler, ControlCall) async throws(ControlError) -> Report

    let method: ControlMethod
    let path: ControlPath
    /// The query parameters that it understands.
    let parameters: [String]
    let answer: Body<ControlResponse>

    /// The handler returns the very report that the client reads.
    private init<Report: Encodable & Sendable>(_ route: ControlRoute<Report>, _ body: @escaping Body<Report>) {
        (method, path, parameters) = (route.method, route.path, route.parameters)
        let status = route.status
        answer = { agent, call async throws(ControlError) in
            try ControlResponse(status, try await body(agent, call))
        }
    }

    private init(_ route: ControlRoute<MetricsReport>, _ body: @escaping Body<MetricsReport>) {
        (method, path, parameters) = (route.method, route.path, route.parameters)
        answer = { agent, call async throws(ControlError) in ControlResponse(try await body(agent, call)) }
    }
}
