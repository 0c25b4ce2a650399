// Asks whether the dashboard answers, in a worker: what fails here is told to the page, and does not fill its console.
const PATIENCE_MS = 4_000;

onmessage = async ({ data: n }) => {
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    postMessage({ n, there: answer.status < 500 }); // too many requests are an answer too
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    postMessage({ n, there: false });
  }
};
