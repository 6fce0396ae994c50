"""Floor 2: readers of what clinics have (DICOM, vendor exports), all giving the same tables."""
