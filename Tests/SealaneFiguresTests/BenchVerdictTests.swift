import SealaneFigures
import TestSupport
import Testing

@Suite struct BenchVerdictTests {
    private func report(_ change: (inout SampleBenchReport.Traits) -> Void = { _ in }) -> BenchReport {
        var traits = SampleBenchReport.Traits()
        change(&traits)
        return SampleBenchReport.report(traits)
    }

    @Test func `the verdict says how much slower the tunnel is and what it costs in cores`() {
        // 1 stream: 0.8 of plain; 4 streams: 0.96; 16 streams: 1.12. Tunnel and plain scatter alike.
        let verdict = report {
            $0.share = 0.8
            $0.scatter = [0.002, -0.002]
        }.verdict
        #expect(verdict.count == 4)
        #expect(
            verdict[0] == "TCP: 20.0 % slower (20.0 to 20.0 %) on 1 stream, 4.0 % slower (4.0 to 4.0 %) on 4 streams, "
                + "12.0 % faster (12.0 to 12.0 %) on 16 streams; +0.8 cores per 10 Gbit/s on both hosts together.")
        #expect(verdict[1].hasPrefix("UDP without loss: 39.4 % slower ("))
        #expect(
            verdict[2].hasPrefix("Round trip, p50: 2.9 times as long (2.9 to 2.9), 37.6 instead of 13.0 µs when idle;"))
        #expect(verdict[3].hasPrefix("Connection set-up: 2.3 times as long ("))
    }

    @Test func `directions with different results are reported separately`() {
        let whole = report()
        func verdict(_ toServer: Double, _ toClient: Double) -> String? {
            BenchReport(
                startedAt: whole.startedAt, seconds: 1, isInterrupted: false, client: whole.client,
                server: whole.server, method: whole.method,
                tcp: [report { $0.share = toServer }.tcp[0], report { $0.share = toClient }.tcp[1]], udp: [],
                roundTrips: [], connections: nil
            ).verdict.first
        }
        let apart = verdict(0.7, 1.4) ?? ""
        #expect(apart.hasPrefix("TCP: 30 % slower ("))
        #expect(apart.contains(") to the server and 40 % faster ("))
        #expect(apart.contains(") to the client on 1 stream"))
        #expect(verdict(0.7, 0.72)?.contains("to the client") == false)
    }

    @Test func `a difference within noise is called so`() {
        #expect(report { $0.share = 1 }.verdict[0].hasPrefix("TCP: within noise on 1 stream, "))
    }

    @Test func `results that are too noisy are called so, with a warning`() {
        let noisy = report {
            $0.share = 1
            $0.scatter = [0.4, -0.5, 0.2, -0.3, 0.5]
        }
        #expect(noisy.verdict[0].hasPrefix("TCP: too noisy to tell ("))
        #expect(noisy.remarks.contains { $0.hasPrefix("Too noisy to tell: TCP in every test") })
        let wild = report {
            $0.share = 1
            $0.rounds = 2
            $0.scatter = [0.95, -0.9]
        }
        #expect(wild.verdict[0].hasPrefix("TCP: too noisy to tell on 1 stream, "), "\(wild.verdict)")
        #expect(!wild.text.contains("e+"), "\(wild.text)")
        // The tails of round trips are always noisy.
        // The standard error is 0.2 / √3, and Student's factor for 2 degrees of freedom at 99 % is 9.925.
        #expect(!noisy.remarks.joined().contains("p99"))
    }

    @Test func `cores have an interval where it shows in the last digit`() throws {
        let whole = report()
        // 0.05, 0.06, 0.07 CPU seconds for a gigabit more than the 0.06 of plain, on each of two hosts: 1.0, 1.2, 1.4
        // cores. 0.2 / √3 is their standard error, and 9.925 is Student's factor of 2 degrees of freedom at 99 %.
        let pairs = [0.05, 0.06, 0.07].map { more in
            func sample(_ seconds: Double) -> TCPTest.Sample {
                let use = ProcessorUse(agentSeconds: nil, systemSeconds: 10 * seconds)
                return .init(bitsPerSecond: 10e9, seconds: 1, retransmits: 0, client: use, server: use)
            }
            return BenchPair(first: .plain, plain: sample(0.06), tunnel: sample(0.06 + more))
        }
        let verdict = BenchReport(
            startedAt: whole.startedAt, seconds: 1, isInterrupted: false, client: whole.client, server: whole.server,
            method: whole.method, tcp: [TCPTest(streams: 1, direction: .toServer, pairs: pairs)], udp: [],
            roundTrips: [], connections: nil
        ).verdict
        #expect(try #require(verdict.first).hasSuffix("; +1.2 cores per 10 Gbit/s (± 1.1) on both hosts together."))
    }

    @Test func `one round gives a figure without an interval, no round gives none`() {
        #expect(
            report { $0.rounds = 1 }.verdict[1]
                == "UDP without loss: 39 % slower in the only round with 64 B, 43 % slower in the only round with 512 B, "
                + "50 % slower in the only round with 1400 B.")
        let empty = report { $0.rounds = 0 }
        #expect(empty.verdict.isEmpty)
        #expect(empty.text.contains("No test was completed."))
    }

    @Test func `one lane and disabled offloads are named as the likely cause`() throws {
        let remarks = report {
            $0.share = 0.1
            $0.lanes = 1
            $0.offloadsOff = ["gso", "gro"]
        }.remarks
        #expect(
            remarks == [
                "Likely why the tunnel is slower: the server's agent runs without the offloads gso, gro (the configuration "
                    + "says off) and has one lane for 8 processors."
            ])
    }

    @Test func `an agent without limits gives no remarks`() {
        #expect(report().remarks.isEmpty)
        #expect(report().warnings.isEmpty)
    }

    @Test func `the limiting processors are named: a lane's, a host's, or shared ones`() {
        let agent = report { $0.busy = 0.95 }
        #expect(agent.warnings.count == 2)
        #expect(
            agent.remarks.contains(
                "The server's agent is the limit: one of its lanes is always busy with TCP in every test."))
        // 8 processors, 0.1 CPU seconds for a gigabit: 75 Gbit/s keep 7.5 of them busy.
        let host = report { $0.share = 75.0 / 44 }
        #expect(host.remarks.contains { $0.hasPrefix("The client's processors are the limit, not the network: ") })
        #expect(host.remarks.contains { $0.hasPrefix("The server's processors are the limit, not the network: ") })
        let shared = report {
            $0.share = 75.0 / 44
            $0.sharesMachine = true
        }
        #expect(shared.remarks.count { $0.contains("are the limit, not the network") } == 1)
        #expect(shared.remarks.contains { $0.hasPrefix("The processors that both hosts share are the limit") })
        // 89 % leaves room.
        #expect(report { $0.busy = 0.89 }.warnings.isEmpty)
    }

    @Test func `an interrupted report says so and lists failures`() {
        let remarks = report {
            $0.isInterrupted = true
            $0.rounds = 2
            $0.failures = ["UDP, 64 B: no echo"]
        }.remarks
        #expect(remarks.first == "Interrupted: the figures cover the finished rounds only, not all 5.")
        #expect(remarks.last == "UDP, 64 B: no echo")
    }

    @Test func `the text has every table and no control characters of the other host`() {
        let text = report { $0.clientName = "a\u{1b}[2J\u{7}" }.text
        #expect(!text.contains("\u{1b}") && !text.contains("\u{7}"))
        #expect(text.contains("TCP, 1 stream, to the server     44.1    14.1  Gbit/s  0.32 (0.32 to 0.32)  slower\n"))
        #expect(text.contains("\nkernel                6.1.0-18-amd64"))
        #expect(!text.contains(" \n"))
    }
}
