import Foundation
import Glibc
import NetworkLab
import SealaneConsole
import SealaneControl
import TestSupport
import Testing

/// An event that hits an agent and its device. Afterwards the agent runs as before.
enum RestartEvent: String, CaseIterable, CustomTestStringConvertible {
    case sigterm, kill, portTaken, badConfiguration, keyMissing, listenAddressGone, deviceTaken, withoutCapability,
        metricsPortTaken
    case deviceDeleted, deviceDown, reload, upgrade, linkdownSetting, routesFlushed, addressesFlushed

    var testDescription: String { rawValue }

    func befall(_ host: Host) async throws {
        switch self {
        case .sigterm:
            try await host.mustStop()
            try await host.startAgent()
        case .kill:
            try await host.killAgent()
            try await host.startAgent()
        case .portTaken, .badConfiguration, .keyMissing, .listenAddressGone, .deviceTaken, .withoutCapability,
            .metricsPortTaken:
            try await host.mustStop()
            try await fail(host)
            try await host.startAgent()
        case .deviceDeleted:
            _ = try await host.run("ip", "link", "delete", "sealane0").success
            let program = try host.running
            try await eventually("the agent ends without its device") { !program.isRunning }
            try await host.startAgent()
        case .deviceDown:
            _ = try await host.run("ip", "link", "set", "sealane0", "down").success
            try await host.mustRepair()
        case .reload:
            _ = try await host.sealane("reload").success
        case .upgrade:
            try await host.mustStop()
            // Replace the file, as a package manager would.
            let copy = host.network.directory.path("sealaned-\(UUID().uuidString.prefix(8))")
            try await host.startAgent(by: ["sh", "-c", "cp \"$0\" '\(copy)' && exec '\(copy)' \"$@\""])
        case .linkdownSetting:
            let setting = "net.ipv4.conf.all.ignore_routes_with_linkdown"
            _ = try await host.run("sysctl", "-q", "\(setting)=1").success
            try await host.killAgent()
            try await Task.sleep(for: .milliseconds(50))
            try await host.startAgent()
            _ = try await host.run("sysctl", "-q", "\(setting)=0").success
        case .routesFlushed:
            _ = try await host.run("ip", "route", "flush", "dev", "sealane0").success
            _ = try await host.run("ip", "-6", "route", "flush", "dev", "sealane0").success
            try await host.mustRepair()
        case .addressesFlushed:
            _ = try await host.run("ip", "address", "flush", "dev", "sealane0").success
            try await host.mustRepair()
        }
    }

    /// Makes a start fail for this reason while no agent runs, and removes the cause afterwards.
    func fail(_ host: Host) async throws {
        switch self {
        case .portTaken:
            // Any user can do this.
            let holder = try host.start(
                "setpriv", "--reuid", "65534", "--clear-groups", "socat", "-u",
                "UDP-RECV:7325,bind=10.77.0.\(host.index + 1)", "OPEN:/dev/null")
            try await eventually("the port is taken") {
                try await host.run("ss", "-Hlun", "sport = :7325").output.contains(":7325")
            }
            try await host.mustFail("Address already in use")
            holder.send(SIGKILL)
            _ = await holder.status()
        case .badConfiguration:
            try await host.withConfiguration({ $0 + "\ncolour: blue\n" }) { try await host.mustFail("colour") }
        case .keyMissing:
            try FileManager.default.moveItem(atPath: host.keyPath, toPath: host.keyPath + ".away")
            try await host.mustFail(host.keyPath)
            try FileManager.default.moveItem(atPath: host.keyPath + ".away", toPath: host.keyPath)
        case .listenAddressGone:
            try await host.withConfiguration({ $0.replacing("10.77.0.\(host.index + 1):7325", with: "10.77.0.99:7325") }
            ) {
                // The agent waits for the address and ends when asked.
                try await host.startAgent { try host.log.contains("10.77.0.99") }
                try await host.mustStop()
            }
        case .deviceTaken:
            _ = try await host.run("ip", "link", "add", "sealane0", "type", "veth", "peer", "name", "other0").success
            try await host.mustFail("sealane0")
            _ = try await host.run("ip", "link", "delete", "sealane0").success
        case .metricsPortTaken:
            // The device exists already when this fails.
            let holder = try host.start(
                "socat", "-u", "TCP-LISTEN:9325,bind=10.77.0.\(host.index + 1)", "OPEN:/dev/null")
            try await host.waitForListener(on: 9325)
            let more = "\nmetrics: {listen: \"10.77.0.\(host.index + 1):9325\"}\n"
            try await host.withConfiguration({ $0 + more }) { try await host.mustFail("cannot listen on TCP") }
            holder.send(SIGKILL)
            _ = await holder.status()
        case .withoutCapability:
            let outcome = try await host.run(
                "setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin",
                Host.programs.appending(path: "sealaned").path, "--config", host.configurationPath)
            guard outcome.status == 1, outcome.output.contains("CAP_NET_ADMIN") else { throw Failure("\(outcome)") }
        default:
            throw Failure("\(self) does not make a start fail")
        }
    }
}

extension Host {
    func mustStop() async throws {
        let status = try await stopAgent()
        guard status == 0 else { throw Failure("the agent of \(name) ended with \(status): \(try log)") }
    }

    /// Waits until doctor finds no problem with the tunnel device.
    fileprivate func mustRepair() async throws {
        try await eventually("the device of \(name) is repaired; its log: \(try log)") {
            let checks = try await doctorChecks()
            return ["floor", "tunnel-interface", "tunnel-routes"].allSatisfy { name in
                checks.contains { $0.name == name && $0.outcome == .ok }
            }
        }
    }

    fileprivate func mustFail(_ words: String) async throws {
        let outcome = try await runAgent()
        guard outcome.status != 0, outcome.output.contains(words) else { throw Failure("\(outcome)") }
    }

    fileprivate func withConfiguration(_ change: (String) -> String, _ body: () async throws -> Void) async throws {
        let original = try String(contentsOfFile: configurationPath, encoding: .utf8)
        try change(original).write(toFile: configurationPath, atomically: true, encoding: .utf8)
        try await body()
        try original.write(toFile: configurationPath, atomically: true, encoding: .utf8)
    }

    /// Waits until an echo request through the tunnel is answered.
    func mustCarry(to address: String) async throws {
        try await eventually(within: .seconds(30), "\(address) answers \(name); its log: \(try log)") {
            try await run("ping", "-n", "-c", "1", "-W", "1", address).status == 0
        }
    }

    /// The prefixes of Sealane's prohibit routes, as `ip route` shows them.
    func floor() async throws -> Set<String> {
        var found: Set<String> = []
        for family in ["-4", "-6"] {
            let routes = try await run("ip", family, "route", "show", "proto", "73", "type", "prohibit").success
            for line in routes.split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.first == "prohibit", words.count > 1 { found.insert(String(words[1])) }
            }
        }
        return found
    }
}
