/** The healer that opens and closes incidents: its function alone may write their table. */
export const incidentKeeper = "dependency-watch";
