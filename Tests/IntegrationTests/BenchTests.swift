import Foundation
import NetworkLab
import SealaneFigures
import Testing
import TestSupport

extension Integration {
    @Suite struct BenchTests {
        /// Starts bench serve on host b for host a.
        private func serve(_ a: Host, _ b: Host, _ more: String...) async throws -> Program {
            let server = try b.network.start(
                b.index,
                [
                    Host.programs.appending(path: "sealane").path, "bench", "serve", "--listen", "10.77.0.2",
                    "--listen", "10.78.0.2", "--peer", "10.77.0.1", "--peer", "10.78.0.1", "--control-socket",
                    b.controlSocket,
                ] + more)
            try await eventually("bench serve listens: \(server.output)") { server.output.contains("serving") }
            return server
        }

        private func startRun(_ a: Host, _ arguments: String...) throws -> Program {
            try a.network.start(
                a.index,
                [
                    Host.programs.appending(path: "sealane").path, "bench", "run", "--control-socket",
                    a.controlSocket,
                ] + arguments)
        }

        private func report(_ text: String) throws -> BenchReport {
            // Warnings go to standard error, which is in the same file.
            let start = try #require(text.range(of: "{\n"), "\(text)").lowerBound
            let end = try #require(text.range(of: "\n}\n", options: .backwards), "\(text)").upperBound
            return try BenchReport(json: Array(text[start..<end].utf8))
        }

        /// What a run may leave on a host: iperf3, `timeout` around it, the port of the echo server.
        private func leftovers(_ host: Host) async throws -> String {
            try await host.run(
                "sh", "-c",
                "ss -Hlnutp '( sport = :7301 or sport = :7302 )'; ip netns pids $(ip netns identify $$) "
                    + "| xargs -r ps -o args= -p | grep -E '^(timeout .*)?iperf3 ' || true"
            ).output
        }

        private struct ByHand {
            let path: BenchPath
            let streams: Int
            let direction: TCPTest.Direction
            var bitsPerSecond: [Double] = []
        }

        /// Runs two transfers each, without sealane bench.
        private func byHand(_ a: Host, _ b: Host) async throws -> [ByHand] {
            var all: [ByHand] = []
            for (path, address) in [(BenchPath.plain, "10.77.0.2"), (.tunnel, "10.78.0.2")] {
                for (streams, direction) in [(1, TCPTest.Direction.toServer), (4, .toClient)] {
                    var found = ByHand(path: path, streams: streams, direction: direction)
                    let arguments = ["-t", "1", "-P", "\(streams)"] + (direction == .toClient ? ["-R"] : [])
                    for _ in 0..<2 {
                        let result = try await IPerf.run(
                            on: a.network, from: a.index, to: b.index, at: address, arguments)
                        found.bitsPerSecond.append(result.bitsPerSecond)
                    }
                    all.append(found)
                }
            }
            return all
        }

        /// Waits until the tunnel carried the warm-up and one more transfer, so that one pair of transfers is complete.
        private func firstPair(_ a: Host, _ b: Host) async throws {
            var (seen, ended) = (try await b.peerReport(a.name).traffic.receivedBytes, 0)
            var isGoingOn = false
            try await eventually("the first pair is complete") {
                let now = try await b.peerReport(a.name).traffic.receivedBytes
                let grows = now - seen > 1 << 16
                if isGoingOn, !grows { ended += 1 }
                (seen, isGoingOn) = (now, grows)
                return ended == 2
            }
        }

        @Test func `a quick run reports every figure, agrees with plain iperf3 and leaves nothing behind`() async throws
        {
            let (a, b) = try await eligiblePair()
            let before = try await byHand(a, b)
            let server = try await serve(a, b)
            let run = try startRun(a, "--peer", "host2", "--quick", "--json")
            let status = await run.status(within: .seconds(120))
            try #require(status == 0, "\(run.output)\n\(server.output)")
            let report = try report(run.output)

            #expect(!report.isInterrupted)
            #expect(report.method.sharesMachine)
            #expect(report.client.agent?.cipherSuite == report.server.agent?.cipherSuite)
            #expect(report.client.agent?.mtu == 1440)
            #expect(report.server.address == "10.77.0.2")
            #expect(report.server.agent?.address == "10.78.0.2")
            #expect(
                report.tcp.map { "\($0.streams) \($0.direction.rawValue)" } == [
                    "1 to-server", "1 to-client", "4 to-server", "4 to-client", "16 to-server", "16 to-client",
                ])
            #expect(report.udp.map(\.payloadByteCount) == [64, 1400])
            #expect(report.roundTrips.map(\.load) == [.idle, .loaded])
            // On a stalling machine, a transfer of a tenth of a second may fail. The report lists it then.
            #expect(report.failures.count <= 1, "\(report.failures)")
            #expect(
                report.tcp.allSatisfy { $0.pairs.count >= report.method.rounds - report.failures.count },
                "\(report.tcp.map(\.pairs.count)), \(report.failures)")
            for sample in report.tcp.flatMap(\.pairs).flatMap({ [$0.plain, $0.tunnel] }) {
                #expect(sample.bitsPerSecond > 0)
                #expect(sample.client.systemSeconds > 0)
            }
            // The encrypting agent uses CPU time, and more than during a plain transfer.
            for pair in report.tcp.flatMap(\.pairs) {
                let tunnel = try #require(pair.tunnel.client.agentSeconds)
                #expect(tunnel > (pair.plain.client.agentSeconds ?? .infinity))
                #expect(try #require(pair.tunnel.server.agentSeconds) > (pair.plain.server.agentSeconds ?? .infinity))
            }
            for pair in report.roundTrips.flatMap(\.pairs) {
                for sample in [pair.plain, pair.tunnel] {
                    #expect(sample.p50Seconds > 0)
                    #expect(sample.p50Seconds <= sample.p99Seconds)
                    #expect(sample.p99Seconds <= sample.p999Seconds)
                }
            }
            let connections = try #require(report.connections)
            #expect(connections.pairs.allSatisfy { $0.tunnel.p50Seconds > 0 && $0.plain.p50Seconds > 0 })

            // Transfers are short and other programs use the machine, so the median of the run only has to be of the
            // same order as the results of plain iperf3 before and after.
            for (hand, after) in zip(before, try await byHand(a, b)) {
                let test = try #require(
                    report.tcp.first { $0.streams == hand.streams && $0.direction == hand.direction })
                let samples = test.pairs.map { (hand.path == .plain ? $0.plain : $0.tunnel).bitsPerSecond }
                let spread = try #require(Spread(hand.bitsPerSecond + after.bitsPerSecond))
                let middle = try #require(Spread(samples)).median
                #expect(
                    (spread.minimum / 10...spread.maximum * 10).contains(middle),
                    "\(hand.path), \(hand.streams) streams: \(samples), by hand \(hand), \(after)")
            }
            #expect(try await leftovers(a) == "")
            #expect(try await leftovers(b) == "")
            server.send(SIGTERM)
            #expect(await server.status(within: .seconds(10)) == 0, "\(server.output)")
        }

        @Test(arguments: [1.0, 5.0])
        func `Ctrl-C reports what was measured and cleans up both hosts`(seconds: Double) async throws {
            let (a, b) = try await eligiblePair(
                more: "lanes: 2",
                moreOfB: """
                    lanes: 1
                    offload: {gso: off, gro: off}
                    """)
            let server = try await serve(a, b)
            let run = try startRun(a, "10.77.0.2", "--tunnel", "10.78.0.2", "--quick", "--json")
            // Interrupt somewhere in the first or second round.
            try await firstPair(a, b)
            try await Task.sleep(for: .seconds(seconds))
            run.send(SIGINT)
            #expect(await run.status(within: .seconds(10)) == 130, "\(run.output)")
            let report = try report(run.output)
            #expect(report.isInterrupted)
            #expect(report.warnings.contains(.interrupted))
            #expect(!report.tcp.isEmpty)
            #expect(report.warnings.contains(.offloadsOff(end: .server, offloads: ["gso", "gro"])))
            #expect(
                report.warnings.contains(.oneLane(end: .server, processors: report.server.processors))
                    == (report.server.processors > 1))
            #expect(report.text.contains("gso"), "\(report.text)")
            #expect(try await leftovers(a) == "")
            try await eventually("the server has ended what it started") {
                try await leftovers(b).isEmpty && server.output.contains("ended its run")
            }
            // The server accepts the next run.
            let next = try startRun(a, "--peer", "host2", "--quick", "--json")
            try await eventually("the server accepts the next run: \(next.output)") {
                server.output.components(separatedBy: "started a run").count == 3
            }
            // If the server ends during a run, nothing is left either: once at the start of the run, and once in the
            // middle, where the client reports what it measured.
            let hasMeasured = seconds > 4
            if hasMeasured { try await firstPair(a, b) }
            server.send(SIGINT)
            #expect(await server.status(within: .seconds(10)) == 0, "\(server.output)")
            #expect(await next.status(within: .seconds(20)) == 1, "\(next.output)")
            if hasMeasured {
                #expect(next.output.contains("lost the server"), "\(next.output)")
                #expect(try self.report(next.output).isInterrupted)
            }
            #expect(try await leftovers(b) == "")
            #expect(try await leftovers(a) == "")
        }

        @Test func `the server refuses an unknown client and a second run`() async throws {
            let (a, b) = try await eligiblePair()
            _ = try await a.run("ip", "address", "add", "10.77.0.9/24", "dev", "eth0")
            let server = try await serve(a, b)
            let hello = #"{"hello":{"protocolVersion":1,"version":"0.1.0"}}"#
            func say(_ lines: String, from address: String, for seconds: Int) throws -> Program {
                try a.start(
                    "sh", "-c",
                    "(printf '\(lines)\\n'; sleep \(seconds)) | timeout 20 socat -t1 - TCP:10.77.0.2:7300,bind=\(address)"
                )
            }
            let stranger = try say(hello, from: "10.77.0.9", for: 1)
            _ = await stranger.status(within: .seconds(10))
            #expect(stranger.output.contains("10.77.0.9 is not served"), "\(stranger.output)")
            #expect(!stranger.output.contains("welcome"))

            // The server does not wait for the end of an endless line.
            let endless = try await a.run(
                within: .seconds(10),
                ["sh", "-c", "(tr '\\0' a < /dev/zero) | timeout 8 socat -t1 - TCP:10.77.0.2:7300; echo over"])
            #expect(endless.status == 0 && endless.output.contains("over"), "\(endless)")

            let first = try say(hello, from: "10.77.0.1", for: 8)
            try await eventually("the server accepts the first client") { first.output.contains("welcome") }
            let second = try startRun(a, "--peer", "host2", "--quick", "--json")
            #expect(await second.status(within: .seconds(10)) == 1)
            #expect(second.output.contains("another run is in progress"), "\(second.output)")
            first.send(SIGKILL)
            server.send(SIGTERM)
            #expect(await server.status(within: .seconds(10)) == 0)
        }

        @Test func `the server refuses a transfer beyond its limit and ends one on an unknown client`() async throws {
            let (a, b) = try await eligiblePair()
            _ = try await a.run("ip", "address", "add", "10.77.0.9/24", "dev", "eth0")
            let server = try await serve(a, b, "--max-seconds", "5")
            let hello = #"{"hello":{"protocolVersion":1,"version":"0.1.0"}}"#
            let tooLong = #"{"startTransfer":{"address":"10.77.0.2","seconds":6}}"#
            let short = #"{"startTransfer":{"address":"10.77.0.2","seconds":5}}"#
            let client = try a.start(
                "sh", "-c",
                "(printf '\(hello)\\n\(tooLong)\\n\(short)\\n'; sleep 10) | timeout 20 socat - TCP:10.77.0.2:7300")
            try await eventually("the short transfer has started: \(client.output)") {
                client.output.contains("started")
            }
            #expect(client.output.contains("longer than this server's limit, 5 s"), "\(client.output)")
            _ = try await a.run(
                within: .seconds(10), ["timeout", "5", "socat", "-u", "/dev/null", "TCP:10.77.0.2:7301,bind=10.77.0.9"])
            try await eventually("the server ended iperf3") { try await leftovers(b).isEmpty }
            client.send(SIGKILL)
            server.send(SIGTERM)
            #expect(await server.status(within: .seconds(10)) == 0)

            // A whole run needs longer transfers than this limit.
            let strict = try await serve(a, b, "--max-seconds", "2")
            let run = try startRun(a, "--peer", "host2", "--json")
            #expect(await run.status(within: .seconds(10)) == 1)
            #expect(run.output.contains("--max-seconds"), "\(run.output)")
            strict.send(SIGTERM)
            #expect(await strict.status(within: .seconds(10)) == 0)
        }

        @Test func `a run without a server says how to start one`() async throws {
            let (a, _) = try await eligiblePair()
            let run = try startRun(a, "--peer", "host2", "--quick")
            #expect(await run.status(within: .seconds(20)) == 1)
            #expect(run.output.contains("start sealane bench serve there"), "\(run.output)")
        }
    }
}
