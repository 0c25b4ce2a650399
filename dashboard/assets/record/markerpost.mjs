// A marker in a workout, as the live page sets one.

/** The status of the answer; 0 where nobody answers. */
export async function postMarker(workoutId, marker) {
  try {
    const answer = await fetch(`/data/${encodeURIComponent(workoutId)}/markers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(marker),
    });
    return answer.status;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return 0;
  }
}
