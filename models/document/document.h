/* document.h - the document model: collections of objects with an _id, asked in MongoDB's dialect, with indexes. */
#ifndef TENON_MODEL_DOCUMENT_H
#define TENON_MODEL_DOCUMENT_H

#include "tenon_plugin.h"

extern const tn_model tni_model_document;

#endif
